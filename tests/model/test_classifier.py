"""Proxies begin as means of their entities' photos, and so know them before any training."""

from __future__ import annotations

import torch

from pawvit.model.classifier import SCALE, ProxyClassifier


def test_logits_are_scaled_cosines() -> None:
    torch.manual_seed(0)
    proxies, vectors = ProxyClassifier(6, 4), torch.randn(3, 6)
    found = proxies(vectors)
    for row, vector in enumerate(vectors):
        for column, proxy in enumerate(proxies.weight):
            cosine = (vector @ proxy) / (vector.norm() * proxy.norm())
            assert torch.isclose(found[row, column], SCALE * cosine, atol=1e-5)


def test_imprinted_proxies_classify_what_they_come_from() -> None:
    torch.manual_seed(0)
    # A large shared offset and very different spreads: a BNNeck takes both away.
    spread = torch.logspace(-2, 2, 16)
    centres, entities = torch.randn(5, 16), torch.arange(5).repeat(6)
    vectors = 100 + spread * (centres[entities] + 0.3 * torch.randn(30, 16))
    proxies = ProxyClassifier(16, 5)
    proxies.imprint(vectors, entities)
    standard = (vectors - vectors.mean(dim=0)) / vectors.std(dim=0)
    assert (proxies(standard).argmax(dim=1) == entities).all()
    assert torch.allclose(proxies.weight.norm(dim=1), torch.ones(5))

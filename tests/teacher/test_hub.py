"""What is found, and what is said where a network can't be had."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch

import tiny_networks as tiny
from pawvit.errors import CheckpointError, MissingExtraError
from pawvit.teacher import hub

SHA = "a" * 40
FILES = {
    "config.json": b'{"model_type": "segformer"}',
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"a pickle",
    "own.py": b"raise SystemExit(1)",
    "README.md": b"---\nlicense: mit\n---\n",
}


class Hub(BaseHTTPRequestHandler):
    """The few pages of the hub that a download asks for; it has one network."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if "owner/net" not in path:
            self.answer(b"{}", 401, {"X-Error-Code": "RepoNotFound"})
        elif path.startswith("/api/models/owner/net/tree"):
            files = [
                {"type": "file", "path": n, "size": len(b), "oid": "0" * 40}
                for n, b in FILES.items()
            ]
            self.answer(json.dumps(files).encode())
        elif path.startswith("/api/models/owner/net"):
            files = [{"rfilename": name} for name in FILES]
            self.answer(json.dumps({"id": "owner/net", "sha": SHA, "siblings": files}).encode())
        else:
            name = path.rpartition("/")[2]
            self.answer(FILES[name], 200, {"X-Repo-Commit": SHA, "ETag": f'"{name}"'})

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(self, body: bytes, code: int = 200, heads: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {**(heads or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def found_by(server: ThreadingHTTPServer, home: Path, name: str, remote_code: bool) -> str:
    """The files that another process finds on that hub, or what it says."""
    code = (
        "from pawvit.teacher import hub\n"
        "try:\n"
        f"    found = hub.find({name!r}, remote_code={remote_code})\n"
        "    print(*sorted(file.name for file in found.folder.iterdir()), found.licence)\n"
        "except Exception as error:\n"
        "    print(error)\n"
    )
    there = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **there, "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_download_takes_no_pickle_and_code_only_if_asked(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        first = found_by(server, tmp_path, "owner/net", remote_code=False)
        assert first == "README.md config.json model.safetensors mit"
        unknown = found_by(server, tmp_path, "owner/other", remote_code=False)
        assert "the hub has no network of this name" in unknown
        server.shutdown()
    # What was downloaded before is enough.
    assert found_by(server, tmp_path, "owner/net", remote_code=False) == first
    assert "can't be reached" in found_by(server, tmp_path, "owner/other", remote_code=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        more = found_by(server, tmp_path, "owner/net", remote_code=True)
        assert more == "README.md config.json model.safetensors own.py mit"
        server.shutdown()


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"pawvit\[teacher\]"):
        hub.find("some/network")


def test_without_a_network_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    begun = time.monotonic()
    with pytest.raises(CheckpointError, match=r"the hub can't be reached: .*not known") as caught:
        hub.find("usyd-community/no-such-network")
    assert time.monotonic() - begun < 5
    assert "https://huggingface.co/usyd-community/no-such-network" in str(caught.value)


@pytest.mark.parametrize("name", ["no/such/folder", "../gone", "two words", ""])
def test_what_is_no_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(CheckpointError, match=r"neither a folder|no config\.json"):
        hub.find(name)


def test_folders_that_hold_no_network(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        hub.find(str(tmp_path))
    for text, said in (("{", "can't be read"), ("[]", "no settings")):
        (tmp_path / "config.json").write_text(text, "utf-8")
        with pytest.raises(CheckpointError, match=said):
            hub.find(str(tmp_path))


def test_the_licence_of_the_card(tmp_path: Path) -> None:
    folder = tiny.save_segformer(tmp_path / "net", ["sky", "dog"])
    assert hub.find(folder).licence == ""
    card = tmp_path / "net" / "README.md"
    for text, licence in (
        ("---\nlicense: apache-2.0\n---\nprose", "apache-2.0"),
        ("---\nlicense: other\nlicense_name: bria-rmbg-2.0\n---\n", "bria-rmbg-2.0"),
        ("---\nlicense: [\n---\n", ""),
        ("only prose", ""),
    ):
        card.write_text(text, "utf-8")
        assert hub.find(folder).licence == licence


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    from transformers import VitPoseForPoseEstimation

    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose())
    (tmp_path / "net" / "model.safetensors").unlink()
    torch.save(tiny.vitpose().state_dict(), tmp_path / "net" / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="safetensors"):
        hub.load(hub.find(folder), VitPoseForPoseEstimation)


def test_weights_of_another_network(tmp_path: Path) -> None:
    from transformers import (
        SegformerConfig,
        SegformerForImageClassification,
        SegformerForSemanticSegmentation,
    )

    sizes: dict[str, Any] = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}
    SegformerForImageClassification(
        SegformerConfig(**sizes, num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=8)
    ).save_pretrained(tmp_path / "net")
    source = hub.find(str(tmp_path / "net"))
    with pytest.raises(CheckpointError, match=r"another network \(SegformerForImageClass.*decode"):
        hub.load(source, SegformerForSemanticSegmentation)


def test_damaged_weights(tmp_path: Path) -> None:
    from transformers import VitPoseForPoseEstimation

    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose())
    (tmp_path / "net" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="can't be loaded"):
        hub.load(hub.find(folder), VitPoseForPoseEstimation)


def test_half_precision_becomes_float(tmp_path: Path) -> None:
    from transformers import VitPoseForPoseEstimation

    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose().half())
    network = hub.load(hub.find(folder), VitPoseForPoseEstimation)
    assert {one.dtype for one in network.parameters()} == {torch.float32}
    assert not network.training


def test_own_code_is_known_by_the_configuration(tmp_path: Path) -> None:
    source = hub.find(tiny.save_own_code(tmp_path / "cutter"))
    assert source.own_code["AutoModelForImageSegmentation"] == "own.Cutter"
    (tmp_path / "cutter" / "config.json").write_text(json.dumps({"model_type": "x"}), "utf-8")
    assert hub.find(str(tmp_path / "cutter")).own_code == {}

"""The names of a herd: friendly, short, fit for folders. Knows nothing else."""

from __future__ import annotations

_WORDS = """
acacia amber aster baobab basil bramble briar cassia cedar cinder clover cocoa comet coral
cricket dahlia dapple dusty ebony echo ember fable fennel fern flint ginger hazel heather holly
indigo iris ivory jasmine juniper kapok kestrel lark laurel lichen lotus mango maple marula
mimosa mocha moss myrtle nettle nutmeg olive opal orchid pebble pepper petal pippin poppy
quill raven reed ripple robin rowan saffron sage shadow sienna sorrel sparrow starling sumac
tamarind tansy teasel thistle umber velvet willow wren yarrow zephyr zinnia
"""


def names(number: int) -> list[str]:
    """The first `number` names of a herd, unique and always in the same order."""
    words = _WORDS.split()
    found = []
    for index in range(number):
        turn, place = divmod(index, len(words))
        found.append(words[place] + (f"-{turn + 1}" if turn else ""))
    return found

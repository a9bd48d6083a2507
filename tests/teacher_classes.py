"""The released code's names of the parts, in pawvit's."""

CLASSES = {
    "face": "head",
    "body": "body",
    "tail": "tail",
    "f_leg": "front legs",
    "b_leg": "hind legs",
}

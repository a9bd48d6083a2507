"""Part maps from other tools and for them: label pictures, COCO, COCO panoptic, NumPy stacks.

One file a format: each opens what others wrote as a `Given`, and writes part maps as others read
them. The jobs in `importing` and `exporting` know tables and folders; the formats know neither.
"""

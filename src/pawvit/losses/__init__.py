"""The four losses of the paper's §3.4, one a file, and their weighted sum.

Losses know tensors; they know no files, configurations or devices.
"""

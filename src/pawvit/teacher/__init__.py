"""Teachers: photos → part maps. They know pixels and pretrained networks, never the training."""

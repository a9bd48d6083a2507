"""A keypoint head of one's own: frozen ViT features → keypoints with their confidence."""

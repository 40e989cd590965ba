"""What is said about operations attributed to states: claims, replies and findings beside commitments, never fused."""

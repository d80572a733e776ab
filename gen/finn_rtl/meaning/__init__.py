"""What a network means: the integers that it computes with, and the numpy reference. No word of hardware."""

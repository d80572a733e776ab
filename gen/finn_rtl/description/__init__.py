"""What a user describes: the topology of a network, its trained parameters, and data."""

"""What the hardware will be and do: folding, schedule, buffers, devices."""

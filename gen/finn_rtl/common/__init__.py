"""What every other part rests on: errors, maps, integers, text."""

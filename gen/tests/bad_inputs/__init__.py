"""What users may get wrong, place by place, with words that the answer must have; test_bad_input.py tries it all."""

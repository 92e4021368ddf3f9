"""What a week was like, told to each person once: the figures, the letter, and when it is due."""

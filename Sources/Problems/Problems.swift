// Problems

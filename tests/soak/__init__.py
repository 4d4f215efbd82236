"""Hours of work in half of one: a shell in tmux on a busy VM (make test-all)."""

"""The interactive shell; the only user of prompt_toolkit."""

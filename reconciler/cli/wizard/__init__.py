"""What `reconciler init` does: the questions, the proposal for an account in use, and names turned into ids."""

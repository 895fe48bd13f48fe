"""A dataset on its way to the Hugging Face Hub: what is sent, what its card says, and the sending."""

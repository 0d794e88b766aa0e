"""Pictures of the console for the documents, of a company that is the same on every run."""

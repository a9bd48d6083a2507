"""Pictures for people: contact sheets and retrieval sheets. They know pixels, not where from."""

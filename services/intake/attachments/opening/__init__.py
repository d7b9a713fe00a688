"""Opening the attachments of submissions."""

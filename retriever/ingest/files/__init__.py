"""Files as records, whatever their format and encoding; nothing here knows of cases or of help desks."""

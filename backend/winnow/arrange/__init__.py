"""What happens to chosen documents between the selection and the files: transforms, an order, windows."""

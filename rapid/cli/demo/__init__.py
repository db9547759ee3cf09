"""`rapid demo`: some weeks of a business that there is not, through the doors that real events come by."""

"""`rapid qr`: the codes that lead guests from a table to the storefront's pages, as files and as a sheet to print."""

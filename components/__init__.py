"""What exists in AWS: Pulumi components, one a file.

A folder for each part of the way that data goes; beside the folders, what all of them are made of.
"""

"""The network that functions and jobs may run inside: a VPC, its way out, security groups, a shared file system."""

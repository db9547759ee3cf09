"""AWS WAF: web ACLs with rate-based rules, before the stages of API Gateway that they are associated with."""

from .plane import WafService

__all__ = ["WafService"]

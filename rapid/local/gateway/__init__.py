"""API Gateway of the local cloud: REST APIs from an OpenAPI document, served as they were deployed."""

from .plane import GatewayPlane

__all__ = ["GatewayPlane"]

"""What Envoy asks an HTTP server of a service, beside what is routed there."""

# Asked each 3 s (edge/envoy/clusters.py); no route of Envoy's leads to it.
HEALTH = "/health"

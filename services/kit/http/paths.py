"""What Envoy asks an HTTP server of a service, beside what is routed there."""

# Asked each 3 s (edge/envoy/clusters.py); no route of Envoy's leads to it.
HEALTH = "/health"
# Answered as long as the process runs, whether it serves or not: for what starts dead ones anew.
ALIVE = "/alive"

"""`make bench`: this product beside agno's own AgentOS, on one machine, against one model stub, in one run."""

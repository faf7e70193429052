"""The routes: each reads a request, calls one act, and writes its answer."""

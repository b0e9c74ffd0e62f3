"""Long work in the background: handed in with a transaction, run by a worker, followed and cancelled by anybody.

The queue is procrastinate's; what is told of a job stands in our table `job`. A try of a job is one entry of the queue.
"""

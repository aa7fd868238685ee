"""Runs the whole app in this process under a clock that jumps: days of a TV's life in seconds.

    with simulated(cloud, folder) as tv:
        tv.approve()
        tv.run_until("map.settled")
        tv.run_for(12 * 3600)
        assert tv.shows("Connected")

Everything is real (app, loop, jobs, MSAL, httpx, TLS, the local cloud's process) but time: while nothing is under way,
the clock jumps to the next thing that is due. While something is under way (a request, a job on a worker, a message on
its way) it runs as fast as the machine's, so that no jump makes anything time out.
"""

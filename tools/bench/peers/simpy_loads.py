"""The loads of the benchmarks in SimPy 3 and later, or in SimPy 2. Usage: simpy_loads.py ping-pong|processes COUNT"""
import json
import sys
import time

try:
    import simpy
except ImportError:
    simpy = None
    import SimPy
    import SimPy.Simulation as two

PROCESSES = 1000
load, count = sys.argv[1], int(sys.argv[2])
goal = count + count // 4
resumed = 0
start = 0
ns = 0


def another():
    """Counts a process that goes on. The first quarter warms up. Returns whether it was the last one."""
    global resumed, start, ns
    resumed += 1
    if resumed == goal - count:
        start = time.thread_time_ns()
    if resumed == goal:
        ns = time.thread_time_ns() - start
    return resumed >= goal


def next_pause(pause):
    return (pause * 5 + 3) % 16


def ping_pong_3(env, done):
    turn = [env.event(), env.event()]

    def player(me):
        while True:
            yield turn[me]
            turn[me] = env.event()
            if another():
                done.succeed()
            turn[1 - me].succeed()

    for me in (0, 1):
        env.process(player(me))
    turn[0].succeed()


def processes_3(env, done):
    def sleeper(pause):
        while True:
            yield env.timeout(1 + pause)
            if another() and not done.triggered:
                done.succeed()
            pause = next_pause(pause)

    for i in range(PROCESSES):
        env.process(sleeper(i))


def run_3():
    env = simpy.Environment()
    done = env.event()
    {"ping-pong": ping_pong_3, "processes": processes_3}[load](env, done)
    env.run(until=done)
    return simpy.__version__


def ping_pong_2():
    class Player(two.Process):
        def play(self):
            while True:
                if another():
                    two.stopSimulation()
                two.reactivate(self.partner)
                yield two.passivate, self

    a, b = Player(), Player()
    a.partner, b.partner = b, a
    two.activate(b, b.play())
    two.activate(a, a.play())


def processes_2():
    class Sleeper(two.Process):
        def sleep(self, pause):
            while True:
                yield two.hold, self, 1 + pause
                if another():
                    two.stopSimulation()
                pause = next_pause(pause)

    for i in range(PROCESSES):
        sleeper = Sleeper()
        two.activate(sleeper, sleeper.sleep(i))


def run_2():
    two.initialize()
    {"ping-pong": ping_pong_2, "processes": processes_2}[load]()
    two.simulate(until=float("inf"))
    return SimPy.__version__


version = run_3() if simpy else run_2()
print(json.dumps({"operations": count, "ns": ns, "version": version}))

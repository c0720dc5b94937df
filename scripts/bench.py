#!/usr/bin/env python3
"""Measures postnote against mbsync; started by scripts/bench.sh, which says what the options mean.

How it is made fair:
- One Dovecot, TLS, COMPRESS not offered, Maildir as mailgen.py writes it (the commonest storage, and no import in
  between), its index and cache built, its mail in memory. Both programs log in anew for each run, with the same TLS.
- Both make durable what they write: mbsync with `FSync yes`, postnote as it always does.
- The runs alternate (mbsync, postnote, mbsync, postnote, ...), each into an empty folder on the same disk; what is
  still to be written to the disk is written before the clock starts, so that nobody pays for the other.
- mbsync pulls one INBOX into a Maildir with its defaults. postnote has its defaults too (summaries and drafts
  are written), but for `sync.since = "all"`.
- CPU is user + system time of the process; the server's own is counted apart, over its process tree.
"""
import argparse
import atexit
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf('SC_CLK_TCK')
AIMS = {'large': 0.45, 'empty': 0.6, 'memory': 150.0}
STAGES = ['network', 'parse', 'convert', 'digest', 'write', 'sync', 'database', 'place']


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)


# --------------------------------------------------------------------------- the server
class Server:
    def __init__(self, folder):
        self.dir = folder
        self.script = os.path.join(HERE, 'dovecot.sh')
        os.makedirs(folder)
        # Before the start: what is half started is ended too.
        atexit.register(self.stop)
        port = free_pair()
        # A daemon may keep pipes open: no output is read.
        run(self.script, 'start', folder, str(port), env=dict(os.environ, LAB_COMPRESS='0', LAB_PASS='secret'))
        self.port = port + 1
        self.ca = os.path.join(folder, 'tls/ca.crt')
        with open(os.path.join(open(os.path.join(folder, 'base_dir')).read().strip(), 'master.pid')) as f:
            self.pid = int(f.read())

    def stop(self):
        run(self.script, 'stop', self.dir)

    def mailbox(self, user, preset, count):
        """Writes a mailbox and warms it; gives the manifest's path, and its rows."""
        home = os.path.join(self.dir, 'users', user)
        manifest = os.path.join(self.dir, user + '.jsonl')
        say('writing %d messages (%s)' % (count, preset))
        run(sys.executable, os.path.join(HERE, 'mailgen.py'), '--preset', preset, '--count', str(count),
            '--out', os.path.join(home, 'Maildir'), '--manifest', manifest)
        run(self.script, 'own', self.dir)
        run(self.script, 'warm', self.dir, user)
        with open(manifest, encoding='utf-8') as f:
            rows = [json.loads(line) for line in f]
        return Mailbox(user, manifest, os.path.join(home, 'Maildir'), len(rows),
                       len([r for r in rows if not r.get('duplicate')]), sum(r['size'] for r in rows))

    def cpu(self):
        """Seconds of CPU that the server's processes took so far, those that ended included."""
        children, spent = {}, {}
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open('/proc/%s/stat' % name) as f:
                    fields = f.read().rsplit(')', 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(name))
            spent[int(name)] = sum(int(x) for x in fields[11:15]) / TICK
        total, todo = 0.0, [self.pid]
        while todo:
            pid = todo.pop()
            total += spent.get(pid, 0.0)
            todo += children.get(pid, [])
        return total


class Mailbox:
    def __init__(self, user, manifest, maildir, count, notes, octets):
        self.user, self.manifest, self.maildir = user, manifest, maildir
        self.count, self.notes, self.octets = count, notes, octets


def free_pair():
    for _ in range(100):
        with socket.socket() as one, socket.socket() as two:
            one.bind(('127.0.0.1', 0))
            port = one.getsockname()[1]
            try:
                two.bind(('127.0.0.1', port + 1))
                return port
            except OSError:
                continue
    sys.exit('bench.py: no two neighbouring ports are free')


# --------------------------------------------------------------------------- the two programs
def anew(program):
    """A folder that was never used. Inodes deleted a moment ago are passed over one by one by ext4: who is measured after a
    deletion pays for it."""
    program.runs += 1
    program.folder = '%s.%d' % (program.base, program.runs)
    program.config = program.folder + '.config'


class Mbsync:
    name = 'mbsync'

    def __init__(self, server, box, folder):
        self.base, self.runs, self.server, self.box = folder, 0, server, box
        anew(self)
        self.write_config()

    def write_config(self):
        server, box, folder = self.server, self.box, self.folder
        version = re.search(r'(\d+)\.(\d+)', subprocess.run(['mbsync', '--version'], capture_output=True, text=True).stdout)
        tls = 'TLSType' if tuple(map(int, version.groups())) >= (1, 5) else 'SSLType'
        with open(self.config, 'w') as f:
            f.write('FSync yes\n\nIMAPAccount bench\nHost localhost\nPort %d\nUser %s\nPass secret\n%s IMAPS\n'
                    'CertificateFile %s\nSystemCertificates no\n\nIMAPStore far\nAccount bench\n\nMaildirStore near\n'
                    'Inbox %s/INBOX\nPath %s/\n\nChannel bench\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\n'
                    'Create Near\nSyncState *\n' % (server.port, box.user, tls, server.ca, folder, folder))

    def fresh(self):
        anew(self)
        self.write_config()
        os.makedirs(self.folder)

    def command(self):
        return ['mbsync', '-q', '-c', self.config, 'bench']

    def check(self):
        found = sum(len(os.listdir(os.path.join(self.folder, 'INBOX', d))) for d in ('cur', 'new'))
        # Of very large mailboxes mbsync leaves out a few, and says nothing: that is told, and does not change what it took.
        if found != self.box.count:
            say('mbsync has %d of %d messages' % (found, self.box.count))
        if not 0.999 * self.box.count <= found <= self.box.count:
            sys.exit('bench.py: mbsync has not done its work')


class Postnote:
    name = 'postnote'

    # Appended to its config.
    rules = ''

    def __init__(self, server, box, folder, program):
        self.base, self.runs, self.server, self.box, self.program = folder, 0, server, box, program
        anew(self)
        self.write_config()

    def write_config(self):
        server, box, folder = self.server, self.box, self.folder
        self.vault = os.path.join(folder, 'vault')
        tls = 'host = "localhost"\nsecurity = "tls"\nca_file = "%s"\nusername = "%s"\nport = %d\n'
        with open(self.config, 'w') as f:
            f.write('vault = "%s"\nstate = "%s/state"\n[sync]\nsince = "all"\n[[accounts]]\nname = "bench"\n'
                    'email = "alice@lab.example"\ndisplay_name = "Alex Morgan"\n[accounts.imap]\n%s[accounts.smtp]\n%s'
                    '[accounts.auth]\npassword = { env = "BENCH_PASSWORD" }\n%s' % (
                        self.vault, folder, tls % (server.ca, box.user, server.port), tls % (server.ca, box.user, 465), self.rules))

    def fresh(self):
        anew(self)
        self.write_config()
        os.makedirs(self.vault)

    def command(self):
        return [self.program, '--config', self.config, 'sync']

    def check(self):
        found = sum(f.endswith('.md') for folder, _, files in os.walk(os.path.join(self.vault, 'Sources'))
                    for f in files if not folder.endswith('/attachments'))
        if found != self.box.notes:
            sys.exit('bench.py: %d notes, and there should be %d, one a message' % (found, self.box.notes))

    def truth(self):
        """Every note against the manifest."""
        say('checking every note of %s' % self.box.user)
        if subprocess.run([sys.executable, os.path.join(HERE, 'truth.py'), self.box.manifest, self.vault,
                           self.box.maildir], stdout=sys.stderr).returncode:
            sys.exit('bench.py: the notes are not what the manifest says')


class Sources(Postnote):
    """What mbsync does, and the notes of it: nothing is summed up, answered, or told of people."""
    name = 'postnote, source notes alone'
    rules = '[[rules]]\nmatch = { from = "*" }\naction = "source"\nentity = false\n'


def timed(program, server):
    """One run: wall and CPU seconds, the server's CPU seconds, peak memory in MB, the log."""
    os.sync()
    time.sleep(0.2)
    log, used = program.folder + '.log', program.folder + '.time'
    env = dict(os.environ, BENCH_PASSWORD='secret', RUST_LOG='postnote::timing=debug', NO_COLOR='1')
    before = server.cpu()
    with open(log, 'w') as out:
        begin = time.perf_counter()
        process = subprocess.Popen(['/usr/bin/time', '-q', '-o', used, '-f', '%M'] + program.command(),
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)
        # wait4 counts what `time` itself takes too: about a millisecond.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    with open(log, errors='replace') as f:
        text = f.read()
    if process.returncode != 0:
        sys.exit('bench.py: %s ended with %d:\n%s' % (program.name, process.returncode, text[-2000:]))
    # The server's process for the connection ends a moment after the client's.
    time.sleep(0.2)
    with open(used) as f:
        peak = int(f.read().split()[-1]) / 1024
    return {'wall': wall, 'cpu': usage.ru_utime + usage.ru_stime, 'server': server.cpu() - before, 'peak': peak,
            'stages': stages(text)}


def stages(log):
    """Seconds of each stage, from the line that postnote logs about its own timing; none without one."""
    units = {'ns': 1e-9, 'µs': 1e-6, 'us': 1e-6, 'ms': 1e-3, 's': 1.0, '': 1.0}
    found = {}
    for line in re.sub(r'\x1b\[[0-9;]*m', '', log).splitlines():
        if 'timing' in line:
            for name, value, unit in re.findall(r'(\w+)=([\d.]+)(ns|µs|us|ms|s|)\b', line):
                found[name] = float(value) * units[unit]
    return found


def pairs(programs, server, runs, fresh, what):
    """Alternating runs: for each program the medians of what was measured, and the ratios pair by pair."""
    results = {p.name: [] for p in programs}
    for n in range(runs):
        for program in programs:
            if fresh:
                program.fresh()
            result = timed(program, server)
            program.check()
            results[program.name].append(result)
            say('%s %d/%d %-28s %7.3f s wall %7.3f s CPU %7.3f s server %6.1f MB' % (
                what, n + 1, runs, program.name, result['wall'], result['cpu'], result['server'], result['peak']))
    medians = {}
    for name, list_ in results.items():
        medians[name] = {k: statistics.median(r[k] for r in list_) for k in ('wall', 'cpu', 'server')}
        medians[name]['peak'] = max(r['peak'] for r in list_)
        medians[name]['stages'] = {k: statistics.median(r['stages'].get(k, 0.0) for r in list_) for k in list_[0]['stages']}
    for name in set(results) - {'mbsync'}:
        ratios = [p['wall'] / m['wall'] for m, p in zip(results['mbsync'], results[name])]
        medians[name]['ratio'] = (statistics.median(ratios), min(ratios), max(ratios))
    return medians


# --------------------------------------------------------------------------- what is printed
def table(head, rows):
    print('| ' + ' | '.join(head) + ' |')
    print('| --- |' + ' ---: |' * (len(head) - 1))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')
    print(flush=True)


def versus(title, box, m, aim):
    print('### %s: %d messages, %.0f MB\n' % (title, box.count, box.octets / 1e6))
    rows = []
    for name, r in m.items():
        rows.append([name, '%.3f s' % r['wall'], '%.1f' % (box.octets / 1e6 / r['wall']), '%.0f' % (box.count / r['wall']),
                     '%.2f s' % r['cpu'], '%.2f s' % r['server'], '%.1f MB' % r['peak']])
    if title.startswith('Nothing'):
        table(['', 'wall', 'CPU', "server's CPU", 'peak memory'], [r[:2] + r[4:] for r in rows])
    else:
        table(['', 'wall', 'MB/s', 'messages/s', 'CPU', "server's CPU", 'peak memory'], rows)
    for name, r in m.items():
        if 'ratio' in r:
            print('%s / mbsync: **%.2f** (pair by pair %.2f to %.2f); aim: at most %.2f: %s\n' % (
                name, *r['ratio'], aim, 'pass' if r['ratio'][0] <= aim else 'miss'), flush=True)


def shares(name, found):
    print('Share of each stage, %s (seconds of its own thread or threads; they overlap):\n' % name)
    if not found:
        print('n/a: this postnote logs no timing\n', flush=True)
        return
    names = [n for n in STAGES if n in found] + sorted(set(found) - set(STAGES))
    total = sum(found.values()) or 1.0
    table(['stage', 'seconds', 'share'], [[n, '%.2f' % found[n], '%.0f %%' % (100 * found[n] / total)] for n in names])


def machine(folder):
    model = re.search(r'model name\s*:\s*(.*)', open('/proc/cpuinfo').read())
    mounts = [line.split() for line in open('/proc/mounts')]
    disk = max((m for m in mounts if (folder + '/').startswith(m[1].rstrip('/') + '/')), key=lambda m: len(m[1]))[2]
    version = lambda *c: (subprocess.run(c, capture_output=True, text=True).stdout.split('\n')[0]).strip()
    if disk in ('tmpfs', 'ramfs'):
        sys.exit('bench.py: %s is in memory, where nothing is durable; use --dir' % folder)
    print('Machine: %d cores (%s), disk %s, kernel %s. %s; Dovecot %s.\n' % (
        os.cpu_count(), model.group(1) if model else 'unknown', disk, os.uname().release, version('mbsync', '--version'),
        version('dovecot', '--version').split(' ')[0]), flush=True)


# --------------------------------------------------------------------------- what is measured
class Bench:
    def __init__(self, options, folder):
        self.o, self.folder = options, folder
        self.server = Server(os.path.join(folder, 'server'))
        self.large = None

    def both(self, box):
        at = os.path.join(self.folder, box.user)
        return [Mbsync(self.server, box, at + '.mbsync'), Postnote(self.server, box, at + '.postnote', self.o.postnote)]

    def full_large(self):
        """The full syncs that `large`, `empty` and `memory` tell of: run once."""
        if self.large is None:
            box = self.server.mailbox('large', 'large', 1000 if self.o.quick else 10000)
            programs = self.both(box)
            sources = Sources(self.server, box, os.path.join(self.folder, 'sources'), self.o.postnote)
            m = pairs(programs + [sources], self.server, self.o.runs, True, 'full')
            programs[1].truth()
            sources.truth()
            self.large = box, programs, m
        return self.large

    def show_large(self):
        box, _, m = self.full_large()
        versus('Full sync', box, m, AIMS['large'])
        for name, r in m.items():
            if name != 'mbsync':
                shares(name, r['stages'])

    def show_empty(self):
        box, programs, _ = self.full_large()
        versus('Nothing new', box, pairs(programs, self.server, self.o.runs, False, 'empty'), AIMS['empty'])

    def show_memory(self):
        box, _, m = self.full_large()
        rows = [['large', box, m]]
        if self.o.huge:
            box = self.server.mailbox('huge', 'huge-attachment', self.o.huge)
            programs = self.both(box)
            rows.append(['huge-attachment', box, pairs(programs, self.server, 1, True, 'huge')])
            programs[1].truth()
            self.drop(box, programs)
        print('### Peak memory\n')
        verdict = lambda peak: 'pass' if peak < AIMS['memory'] else 'miss'
        table(['', 'messages', 'MB', 'mbsync', 'postnote', 'aim: under %.0f MB' % AIMS['memory'], "postnote's wall"],
              [[name, str(b.count), '%.0f' % (b.octets / 1e6), '%.1f MB' % m['mbsync']['peak'], '%.1f MB' % m['postnote']['peak'],
                verdict(m['postnote']['peak']), '%.2f s' % m['postnote']['wall']] for name, b, m in rows])

    def show_growth(self):
        rows = []
        for count in [n for n in (1000, 10000, 100000) if n <= self.o.to]:
            box = self.server.mailbox('n%d' % count, 'large', count)
            programs = self.both(box)
            runs = 1 if count > 10000 else self.o.runs
            full = pairs(programs, self.server, runs, True, '%d full' % count)
            empty = pairs(programs, self.server, self.o.runs, False, '%d empty' % count)
            programs[1].truth()
            self.drop(box, programs)
            p = full['postnote']
            rows.append(['%d' % count, '%.0f' % (box.octets / 1e6), '%.2f s' % p['wall'], '%.2f ms' % (1000 * p['wall'] / count),
                         '%.1f MB' % p['peak'], '%.2f' % p['ratio'][0], '%.0f ms' % (1000 * empty['postnote']['wall']),
                         '%.1f MB' % empty['postnote']['peak'], '%.2f' % empty['postnote']['ratio'][0]])
        print('### Growth\n')
        table(['messages', 'MB', 'full', 'a message', 'peak', "of mbsync's", 'nothing new', 'peak', "of mbsync's"], rows)

    def drop(self, box, programs):
        if not self.o.keep:
            used = ['%s.%d' % (p.base, run) for p in programs for run in range(1, p.runs + 1)]
            for folder in used + [os.path.join(self.server.dir, 'users', box.user)]:
                shutil.rmtree(folder, ignore_errors=True)


def main():
    p = argparse.ArgumentParser(usage='scripts/bench.sh --help says more')
    p.add_argument('what', nargs='*', help='large, empty, memory, growth, all')
    p.add_argument('--quick', action='store_true')
    p.add_argument('--runs', type=int)
    p.add_argument('--huge', type=int)
    p.add_argument('--to', type=int)
    p.add_argument('--dir', default='/var/tmp')
    p.add_argument('--postnote', required=True)
    p.add_argument('--keep', action='store_true')
    o = p.parse_args()
    parts = ['large', 'empty', 'memory', 'growth']
    if set(o.what) - set(parts + ['all']):
        p.error('there are large, empty, memory, growth and all')
    o.what = parts if not o.what or 'all' in o.what else [part for part in parts if part in o.what]
    o.runs = o.runs or (3 if o.quick else 5)
    o.huge = (20 if o.quick else 200) if o.huge is None else o.huge
    o.to = o.to or (1000 if o.quick else 10000)
    o.postnote = os.path.abspath(o.postnote)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix='postnote-bench.', dir=o.dir)
    # As root the server's mail processes are another user's, who must get through.
    os.chmod(folder, 0o711)
    if not o.keep:
        atexit.register(shutil.rmtree, folder, True)
    machine(folder)
    bench = Bench(o, folder)
    for what in o.what:
        getattr(bench, 'show_' + what)()
    if o.keep:
        say('kept: ' + folder)


if __name__ == '__main__':
    main()

# Runs a command at a real terminal of 120 columns, types what comes in on standard input when it is asked for it (behind
# TYPE_BEHIND, else "to go on"), and prints what the terminal showed. Whatever hangs is ended after 20 seconds.
import fcntl, os, pty, select, signal, struct, sys, termios, time

typed = sys.stdin.buffer.read()
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
question = os.environ.get('TYPE_BEHIND', 'to go on').encode()
started = heard = time.monotonic()
shown, sent = b'', False
while time.monotonic() - started < 20:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if ready:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        heard = time.monotonic()
    # A person types when the question stands there.
    elif not sent and question in shown and time.monotonic() - heard > 0.3:
        os.write(terminal, typed)
        sent = True
else:
    os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status) & 255)

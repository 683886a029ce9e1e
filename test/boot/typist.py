# SPDX-License-Identifier: BSD-2-Clause
"""Types into a running machine when its log says so."""
import os
import re
import threading


class Typist:
    """Sends a test's keys. The serial port is then a pair of pipes, and QEMU writes the log."""

    def __init__(self, keys, log_path):
        self.waiting = list(keys)
        self.seen = 0  # characters of the log up to the last match
        self.serial = None
        if any(isinstance(text, str) for _, text in self.waiting):
            pipe = f"{log_path}.pipe"
            for path in (f"{pipe}.in", f"{pipe}.out"):
                if os.path.exists(path):
                    os.remove(path)
                os.mkfifo(path)
            self.input, self.output = os.open(f"{pipe}.in", os.O_RDWR), os.open(f"{pipe}.out", os.O_RDWR)
            self.serial = ["-chardev", f"pipe,id=serial,path={pipe},logfile={log_path}", "-serial", "chardev:serial"]
            self.ended = False
            self.reader = threading.Thread(target=self.empty_output)
            self.reader.start()

    def empty_output(self):
        """A full pipe would stop the machine."""
        while not self.ended:
            os.read(self.output, 65536)

    def on_data(self, run):
        while self.waiting and (match := re.search(self.waiting[0][0], run.text[self.seen:])):
            keys = self.waiting.pop(0)[1]
            self.seen += match.end()
            if callable(keys):
                keys(run)
            elif isinstance(keys, str):
                os.write(self.input, keys.encode())
            else:
                run.press(keys)

    def close(self):
        if self.serial:
            self.ended = True
            os.write(self.output, b".")
            self.reader.join()
            os.close(self.input)
            os.close(self.output)

    def problems(self):
        return [f"never seen, so nothing was typed: {self.waiting[0][0]}"] if self.waiting else []

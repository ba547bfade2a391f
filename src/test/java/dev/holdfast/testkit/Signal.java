package dev.holdfast.testkit;

import java.io.IOException;

/** What a process can be sent besides its end. */
public enum Signal {
    STOP,
    CONT;

    public void to(ProcessHandle process) {
        try {
            var sent = new ProcessBuilder("kill", "-" + name(), Long.toString(process.pid())).start();
            if (sent.waitFor() != 0) {
                throw new IllegalStateException("process " + process.pid() + " got no SIG" + name());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

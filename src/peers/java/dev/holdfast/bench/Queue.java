package dev.holdfast.bench;

import java.util.List;

/** Another queue on the same PostgreSQL, in this process: who submits asks it, and it takes and ends by workers of its own. */
interface Queue extends AutoCloseable {
    /** As many as there are clients. */
    int WORKERS = 16;

    void submit();

    void submit(List<Integer> inputs);

    @Override
    void close();
}

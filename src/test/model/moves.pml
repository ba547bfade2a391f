/* The table of moves, as ModelTest prints it. */
#define NONE 0
#define QUEUED 1
#define CLAIMED 2
#define RUNNING 3
#define WAITS_APPROVAL 4
#define WAITS_OPERATOR 5
#define WAITS_TIMER 6
#define COMPLETED 7
#define FAILED 8
#define CANCELLED 9
#define M_SUBMITTED 0
#define M_CLAIMED 1
#define M_STARTED 2
#define M_COMPLETED 3
#define M_FAILED 4
#define M_RETRIED 5
#define M_RELEASED 6
#define M_SUSPENDED 7
#define M_APPROVED 8
#define M_DENIED 9
#define M_APPROVAL_EXPIRED 10
#define M_WOKEN 11
#define M_REAPED 12
#define M_QUEUE_EXPIRED 13
#define M_RUN_EXPIRED 14
#define M_PAUSED 15
#define M_RESUMED 16
#define M_CANCELLED 17
#define LEGAL(m, from, stale, to) ( \
    (m == M_SUBMITTED && from == NONE && to == QUEUED) || \
    (m == M_SUBMITTED && from == NONE && to == WAITS_APPROVAL) || \
    (m == M_SUBMITTED && from == NONE && to == WAITS_OPERATOR) || \
    (m == M_SUBMITTED && from == NONE && to == WAITS_TIMER) || \
    (m == M_CLAIMED && from == QUEUED && to == CLAIMED) || \
    (m == M_STARTED && from == CLAIMED && to == RUNNING) || \
    (m == M_COMPLETED && from == CLAIMED && to == COMPLETED) || \
    (m == M_COMPLETED && from == RUNNING && to == COMPLETED) || \
    (m == M_FAILED && from == CLAIMED && to == FAILED) || \
    (m == M_FAILED && from == RUNNING && to == FAILED) || \
    (m == M_RETRIED && from == CLAIMED && to == QUEUED) || \
    (m == M_RETRIED && from == RUNNING && to == QUEUED) || \
    (m == M_RELEASED && from == CLAIMED && to == QUEUED) || \
    (m == M_RELEASED && from == RUNNING && to == QUEUED) || \
    (m == M_SUSPENDED && from == CLAIMED && to == WAITS_APPROVAL) || \
    (m == M_SUSPENDED && from == CLAIMED && to == WAITS_OPERATOR) || \
    (m == M_SUSPENDED && from == CLAIMED && to == WAITS_TIMER) || \
    (m == M_SUSPENDED && from == RUNNING && to == WAITS_APPROVAL) || \
    (m == M_SUSPENDED && from == RUNNING && to == WAITS_OPERATOR) || \
    (m == M_SUSPENDED && from == RUNNING && to == WAITS_TIMER) || \
    (m == M_APPROVED && from == WAITS_APPROVAL && to == QUEUED) || \
    (m == M_DENIED && from == WAITS_APPROVAL && to == QUEUED) || \
    (m == M_DENIED && from == WAITS_APPROVAL && to == FAILED) || \
    (m == M_DENIED && from == WAITS_APPROVAL && to == CANCELLED) || \
    (m == M_APPROVAL_EXPIRED && from == WAITS_APPROVAL && to == QUEUED) || \
    (m == M_APPROVAL_EXPIRED && from == WAITS_APPROVAL && to == FAILED) || \
    (m == M_APPROVAL_EXPIRED && from == WAITS_APPROVAL && to == CANCELLED) || \
    (m == M_WOKEN && from == WAITS_TIMER && to == QUEUED) || \
    (m == M_REAPED && from == CLAIMED && to == QUEUED) || \
    (m == M_REAPED && from == CLAIMED && to == FAILED) || \
    (m == M_REAPED && from == RUNNING && to == QUEUED) || \
    (m == M_REAPED && from == RUNNING && to == FAILED) || \
    (m == M_QUEUE_EXPIRED && from == QUEUED && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == QUEUED && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == CLAIMED && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == RUNNING && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == WAITS_APPROVAL && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == WAITS_OPERATOR && to == FAILED) || \
    (m == M_RUN_EXPIRED && from == WAITS_TIMER && to == FAILED) || \
    (m == M_PAUSED && from == QUEUED && to == WAITS_APPROVAL) || \
    (m == M_PAUSED && from == QUEUED && to == WAITS_OPERATOR) || \
    (m == M_PAUSED && from == QUEUED && to == WAITS_TIMER) || \
    (m == M_PAUSED && from == CLAIMED && to == WAITS_APPROVAL) || \
    (m == M_PAUSED && from == CLAIMED && to == WAITS_OPERATOR) || \
    (m == M_PAUSED && from == CLAIMED && to == WAITS_TIMER) || \
    (m == M_PAUSED && from == RUNNING && to == WAITS_APPROVAL) || \
    (m == M_PAUSED && from == RUNNING && to == WAITS_OPERATOR) || \
    (m == M_PAUSED && from == RUNNING && to == WAITS_TIMER) || \
    (m == M_RESUMED && from == CLAIMED && to == QUEUED && stale) || \
    (m == M_RESUMED && from == CLAIMED && to == CLAIMED && stale) || \
    (m == M_RESUMED && from == RUNNING && to == QUEUED && stale) || \
    (m == M_RESUMED && from == RUNNING && to == CLAIMED && stale) || \
    (m == M_RESUMED && from == WAITS_OPERATOR && to == QUEUED) || \
    (m == M_RESUMED && from == WAITS_OPERATOR && to == CLAIMED) || \
    (m == M_RESUMED && from == FAILED && to == QUEUED) || \
    (m == M_RESUMED && from == FAILED && to == CLAIMED) || \
    (m == M_CANCELLED && from == QUEUED && to == CANCELLED) || \
    (m == M_CANCELLED && from == CLAIMED && to == CANCELLED) || \
    (m == M_CANCELLED && from == RUNNING && to == CANCELLED) || \
    (m == M_CANCELLED && from == WAITS_APPROVAL && to == CANCELLED) || \
    (m == M_CANCELLED && from == WAITS_OPERATOR && to == CANCELLED) || \
    (m == M_CANCELLED && from == WAITS_TIMER && to == CANCELLED) || \
    (m == M_CANCELLED && from == FAILED && to == CANCELLED))

/*
 * The protocol of a run: submit, claim, beat, complete, fail, release, ask, decide, expire, sleep, wake, reap, pause,
 * resume, cancel, with workers that crash or fall silent, and replies that get lost. Each atomic block is one statement
 * or one transaction of Holdfast; between two of them anything may happen. Time is a clock that makes a lease silent and
 * an approval due whenever it likes: nothing here depends on how long something takes.
 *
 *   spin -a holdfast.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan        every order of events
 *   spin -a -DBUG=3 holdfast.pml ...                                     the same with a seeded bug, which must be found
 *
 * What may become of a run is moves.pml, which ModelTest holds to the Java table of moves; it also has the bugs' names.
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef RUNS
#define RUNS 1
#endif
#ifndef BUG
#define BUG 0
#endif
/* How often at most: what is 0 does not happen. */
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef FAILURES
#define FAILURES 1
#endif
#ifndef RELEASES
#define RELEASES 1
#endif
#ifndef ASKS
#define ASKS 1
#endif
#ifndef SLEEPS
#define SLEEPS 1
#endif
#ifndef ACTS
#define ACTS 1
#endif
#ifndef REPLIES
#define REPLIES 1
#endif

#include "moves.pml"

#define NOBODY 255
#define PENDING 1
#define APPROVED 2
#define DENIED 3
#define EXPIRED 4
#define WITHDRAWN 5

typedef Life {
    byte state = NONE;
    byte fence;
    byte moved;         /* a bit for each who has loaded the row: set when its version rises */
    bool lease;
    byte holder = NOBODY;
    bool silent;        /* the lease's last sign of life is older than its lane allows */
    byte approval;
    bool due;           /* the deadline has passed */
    byte decisions;
    bool redeemed;
    byte lost;
    byte failed;
    bool unrecorded;    /* a move without its event */
    bool woken
};

Life life[RUNS];
byte acts;              /* of operators, spent */
byte asks;
byte releases;
byte sleeps;
byte lostReplies;

#define IN_FLIGHT(r) (life[r].state == CLAIMED || life[r].state == RUNNING)
#define ACTIVE(r) (life[r].state == QUEUED || IN_FLIGHT(r) || life[r].state == WAITS_APPROVAL || life[r].state == WAITS_OPERATOR || life[r].state == WAITS_TIMER)
#define FINAL(r) (life[r].state == COMPLETED || life[r].state == CANCELLED)

/* Every move: legal by the table, with its event in the same transaction. */
inline move(r, m, to) {
    assert(LEGAL(m, life[r].state, life[r].silent, to));
    life[r].state = to;
#if BUG == 13
    life[r].unrecorded = true;
#endif
    life[r].moved = 255
}

/* A lease that ends takes its run key with it: they are one row. */
inline disown(r) {
    life[r].lease = false;
    life[r].holder = NOBODY;
    life[r].silent = false
}

inline withdraw(r) {
    if
    :: life[r].approval == PENDING -> life[r].approval = WITHDRAWN
    :: else
    fi
}

/* Promises that hold between any two transactions. */
inline check(r) {
#if BUG != 10
    assert(life[r].lease == IN_FLIGHT(r));
#else
    assert(!life[r].lease || IN_FLIGHT(r));
#endif
    assert(life[r].decisions <= 1);
    assert((life[r].state == WAITS_APPROVAL) == (life[r].approval == PENDING))
}

/* What a worker may write: only in its own, present claim. A write with an old fence changes nothing. */
#define MINE(r, f) (life[r].lease && life[r].fence == f)
/* Said of each write that was accepted; the guard may be wrong, this may not. */
#define OWNED(r, f) assert(life[r].lease && life[r].fence == f && life[r].holder == _pid)

proctype Producer(byte r) {
    bool sent;
    do
    :: atomic {
        !sent ->
#if BUG == 12
        move(r, M_SUBMITTED, QUEUED);
#else
        /* an Idempotency-Key: the second submit finds the first one's run */
        if
        :: life[r].state == NONE -> move(r, M_SUBMITTED, QUEUED)
        :: else
        fi;
#endif
        check(r);
        if
        :: sent = true
        :: lostReplies < REPLIES -> lostReplies++ /* the reply was lost: submit again */
        fi
      }
    :: sent -> break
    od
}

proctype Worker() {
    byte r;
    byte f;
    bool repeat;
end:
    do
    :: /* a free run; without atomicity, another worker may take it between the look and the claim */
#if BUG == 5
       atomic {
        if
        :: life[0].state == QUEUED -> r = 0
#if RUNS > 1
        :: life[1].state == QUEUED -> r = 1
#endif
        fi
       };
       atomic {
        life[r].fence++;
#else
       atomic {
        if
        :: life[0].state == QUEUED -> r = 0
#if RUNS > 1
        :: life[1].state == QUEUED -> r = 1
#endif
        fi;
#if BUG != 6
        life[r].fence++;
#endif
#endif
        repeat = false;
        move(r, M_CLAIMED, CLAIMED);
        life[r].lease = true;
        life[r].holder = _pid;
        life[r].silent = false;
        f = life[r].fence;
        check(r)
       };
       do
       :: atomic { /* heartbeat: the lease; the first one moves the run */
#if BUG == 2
            if
            :: life[r].lease -> OWNED(r, f);
#else
            if
            :: MINE(r, f) -> OWNED(r, f);
#endif
                life[r].silent = false;
                if
                :: life[r].state == CLAIMED -> move(r, M_STARTED, RUNNING)
                :: else
                fi;
                check(r)
            :: else -> r = 0; f = 0; break /* lease_lost, or told to stop */
            fi
          }
       :: atomic { /* complete */
            skip;
            if
#if BUG == 1
            :: IN_FLIGHT(r) ->
#else
            :: MINE(r, f) ->
#endif
                OWNED(r, f);
                move(r, M_COMPLETED, COMPLETED);
                disown(r);
                check(r);
                if
                :: r = 0; f = 0; repeat = false; break
                :: lostReplies < REPLIES -> lostReplies++; repeat = true /* and again, below: replayed */
                fi
            :: else -> assert(!repeat || life[r].state == COMPLETED); r = 0; f = 0; repeat = false; break
            fi
          }
       :: atomic { /* fail, retryable */
            skip;
            if
            :: MINE(r, f) -> OWNED(r, f);
                if
                :: life[r].failed < FAILURES -> life[r].failed++; move(r, M_RETRIED, QUEUED)
                :: else -> move(r, M_FAILED, FAILED)
                fi;
                disown(r);
                check(r)
            :: else
            fi;
            r = 0; f = 0; break
          }
       :: atomic { releases < RELEASES -> releases++; /* shutdown */
            if
            :: MINE(r, f) -> OWNED(r, f); move(r, M_RELEASED, QUEUED); disown(r); check(r)
            :: else
            fi;
            r = 0; f = 0; break
          }
       :: atomic { asks < ASKS -> /* a question to people: suspended in the same transaction */
            if
            :: MINE(r, f) -> OWNED(r, f); asks++;
                life[r].approval = PENDING; life[r].due = false;
                move(r, M_SUSPENDED, WAITS_APPROVAL);
#if BUG != 10
                disown(r);
#endif
                check(r)
            :: else
            fi;
            r = 0; f = 0; break
          }
       :: atomic { sleeps < SLEEPS ->
            if
            :: MINE(r, f) -> OWNED(r, f); sleeps++; life[r].woken = false; move(r, M_SUSPENDED, WAITS_TIMER); disown(r); check(r)
            :: else
            fi;
            r = 0; f = 0; break
          }
       :: atomic { life[r].approval == APPROVED -> /* may I do exactly this? */
            if
#if BUG == 11
            :: MINE(r, f) ->
#else
            :: MINE(r, f) && !life[r].redeemed ->
#endif
                assert(!life[r].redeemed);
                OWNED(r, f);
                life[r].redeemed = true
            :: else -> r = 0; f = 0; break
            fi
          }
       :: r = 0; f = 0; break /* crash: it forgets what it held; the lease stays */
       od
    od
}

/* Anything silent long enough; anything unanswered long enough. */
proctype Clock(byte r) {
end:
    do
    :: atomic { life[r].lease && !life[r].silent -> life[r].silent = true }
    :: atomic { life[r].approval == PENDING && !life[r].due -> life[r].due = true }
    :: atomic { life[r].state == WAITS_TIMER && !life[r].woken -> life[r].woken = true }
    od
}

proctype Reaper(byte r) {
    bool found;
end:
    do
    :: life[r].lease && life[r].silent -> /* found; the write repeats the whole predicate */
       atomic {
            if
#if BUG == 3
            :: life[r].lease ->
#elif BUG == 9
            :: life[r].silent || !life[r].lease ->
#else
            :: life[r].lease && life[r].silent ->
#endif
                assert(life[r].silent); /* the living are never touched */
                if
                :: life[r].lost < LOSSES -> life[r].lost++; move(r, M_REAPED, QUEUED)
                :: else -> move(r, M_REAPED, FAILED)
                fi;
#if BUG != 6
                life[r].fence++;
#endif
                disown(r);
                check(r)
            :: else
            fi
       }
    :: life[r].approval == PENDING && life[r].due ->
       atomic {
            if
            :: life[r].approval == PENDING && life[r].due ->
                life[r].approval = EXPIRED;
                move(r, M_APPROVAL_EXPIRED, FAILED);
                check(r)
            :: else
            fi
       }
    :: atomic { life[r].state == WAITS_TIMER && life[r].woken -> move(r, M_WOKEN, QUEUED); check(r) }
    od
}

/* People load an entity, look at it, and write it if it is still the one that they loaded. */
/* The version of the row, as far as anybody can tell: has it risen since I loaded it? */
#define LOAD(r) life[r].moved = life[r].moved & (255 - me)
#define SAME(r) ((life[r].moved & me) == 0)

proctype Approver(byte r; byte me) {
    do
    :: atomic { life[r].approval == PENDING -> LOAD(r) };
       atomic {
            if
#if BUG == 7
            :: life[r].decisions >= 0 ->
#elif BUG == 8
            :: life[r].approval == PENDING || life[r].approval == EXPIRED ->
#else
            :: life[r].approval == PENDING && !life[r].due && SAME(r) ->
#endif
#if BUG != 8
                assert(!life[r].due);
#endif
                life[r].decisions++;
                if
                :: life[r].approval = APPROVED; move(r, M_APPROVED, QUEUED)
                :: life[r].approval = DENIED; move(r, M_DENIED, QUEUED)
                :: life[r].approval = DENIED; move(r, M_DENIED, FAILED)
                fi;
                check(r)
            :: else /* decided, withdrawn or expired: 409, 410 */
            fi
       };
       break
    :: FINAL(r) || life[r].state == FAILED -> break
    od
}

proctype Operator(byte r; byte me) {
    do
    :: atomic { acts < ACTS && ACTIVE(r) -> acts++; LOAD(r) };
       if
       :: atomic { /* cancel */
            skip;
            if
#if BUG == 4
            :: life[r].state != COMPLETED && life[r].state != CANCELLED && SAME(r) ->
                withdraw(r); life[r].state = CANCELLED; life[r].moved = 255; check(r)
#else
            :: SAME(r) && !FINAL(r) ->
                withdraw(r); move(r, M_CANCELLED, CANCELLED); life[r].fence++; disown(r); check(r)
#endif
            :: else /* 409, or cancelled: false */
            fi
          }
       :: atomic { /* pause */
            skip;
            if
            :: SAME(r) && (life[r].state == QUEUED || IN_FLIGHT(r)) ->
                move(r, M_PAUSED, WAITS_OPERATOR); life[r].fence++; disown(r); check(r)
            :: else
            fi
          }
       :: atomic { /* resume of a run whose owner is dead: the version may be the same and the owner heard again */
            skip;
            if
#if BUG == 14
            :: SAME(r) && IN_FLIGHT(r) ->
#else
            :: SAME(r) && IN_FLIGHT(r) && life[r].silent ->
#endif
                move(r, M_RESUMED, QUEUED); life[r].fence++; disown(r); check(r)
            :: else
            fi
          }
       fi
    :: atomic { life[r].state == WAITS_OPERATOR || (life[r].state == FAILED && acts < ACTS) ->
            LOAD(r);
            if
            :: life[r].state == FAILED -> acts++
            :: else
            fi
       };
       atomic {
            if
#if BUG == 15
            :: true ->
#else
            :: SAME(r) ->
#endif
                move(r, M_RESUMED, QUEUED); life[r].fence++; check(r)
            :: else
            fi
       }
    :: FINAL(r) || (life[r].state == FAILED && acts >= ACTS) -> break
    od
}

/* When nothing can happen any more, nothing is lost: each run has ended, and all its moves are in its timeline. */
proctype Judge() {
    byte r;
    timeout ->
    for (r : 0 .. RUNS - 1) {
        assert(FINAL(r) || life[r].state == FAILED);
        assert(!life[r].unrecorded)
    }
}

init {
    byte r;
    atomic {
        for (r : 0 .. RUNS - 1) {
            run Producer(r);
            run Clock(r);
            run Reaper(r);
            run Approver(r, 1);
            run Approver(r, 2);
            run Operator(r, 4);
            run Operator(r, 8)
        }
        for (r : 1 .. WORKERS) {
            run Worker()
        }
        run Judge()
    }
}

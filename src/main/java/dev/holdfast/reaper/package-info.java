/**
 * Finds the dead and what is due, on every node, acting once.
 *
 * <p>Guarantees: each phase checks and writes in one statement, so that two sweeps at once still move each run once and a
 * run that was heard of meanwhile is left alone; a phase or a row that fails stops no other; a verdict is stored with all
 * that its rule looked at; after an outage of the control plane itself, and when a lane loses more than half of its
 * owners at once, leases get more time.
 *
 * <p>Limits: an owner that is alive and cannot reach any node within its lane's timeout is dead to Holdfast; the fence
 * keeps its late writes out, and nothing can keep its side effects out but the fence handed on to them.
 */
package dev.holdfast.reaper;

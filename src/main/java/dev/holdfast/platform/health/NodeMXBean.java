package dev.holdfast.platform.health;

/** This node, as JMX shows it. */
public interface NodeMXBean {
    /** As in the log and in the reaper's events. */
    String getName();

    /** Of Holdfast. */
    String getVersion();

    /** Whether the node is not ready because it was told so, or because the server is stopping. */
    boolean isDraining();

    /** Claims that wait for work on this node. */
    long getWaitingClaims();

    /** Live streams that this node feeds. */
    long getStreams();

    /** Makes the node not ready, answers the claims that wait, with nothing, and ends the streams; new ones do not wait. */
    void drain();

    /** Takes work again. */
    void undrain();
}

package dev.holdfast.client;

/** The reply to a cancel: {@code cancelled} is false when the run had ended before; {@code state} and {@code version} are as they are now. */
public record Cancellation(boolean cancelled, String state, long version) {}

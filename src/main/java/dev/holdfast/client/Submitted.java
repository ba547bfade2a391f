package dev.holdfast.client;

/** What became of one submission of a batch: exactly one of {@code run} and {@code problem} is not null. */
public record Submitted(int index, Run run, Problem problem) {}

/**
 * The command line, {@code java -jar holdfast-cli.jar}: a thin layer of words over {@link dev.holdfast.client.HoldfastClient}.
 * What it prints with {@code -o json} is the API's own JSON.
 *
 * <p>A jar of its own, with the client, Jackson and picocli inside. It needs Java 17 and nothing else. It never prints a key,
 * save for one that it was told to make.
 */
package dev.holdfast.client.cli;

/**
 * {@code java -jar holdfast.jar}: the server that the jar holds is unpacked into {@code .holdfast/server} of the working
 * directory, once a jar, and run in the foreground. Data and first key lie beside it, in {@code .holdfast/postgresql} and
 * {@code .holdfast/bootstrap.key}, where {@code mvn -Prun} has them too: what replaces the server leaves them alone. Settings
 * are those of the environment; who needs files of {@code configDropins/overrides} takes the zip.
 */
package dev.holdfast.launcher;

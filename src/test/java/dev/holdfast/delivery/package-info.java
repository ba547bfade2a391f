/** What is shipped, as those who run it get it: the packages, the image, an upgrade, a restore. Under {@code -Pchaos}. */
package dev.holdfast.delivery;

/** Holdfast: a durable run control plane. One package a feature; see each package for its guarantees and limits. */
package dev.holdfast;

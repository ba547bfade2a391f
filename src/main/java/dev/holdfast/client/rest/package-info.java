/**
 * Holdfast for Jakarta EE and MicroProfile applications: {@link dev.holdfast.client.rest.HoldfastApi}, a MicroProfile Rest Client.
 * The container brings the APIs; the client's jar does not need them otherwise.
 */
package dev.holdfast.client.rest;

package dev.holdfast.examples.inventory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** The licence that a JAR's publisher named in the POM beside it, or in one of that POM's parents. */
final class PublishedLicence {
    private static final int MOST_PARENTS = 8;
    private static final ErrorHandler QUIET = new DefaultHandler();

    private final Path repository;

    PublishedLicence(Path repository) {
        this.repository = repository;
    }

    /** The name as published; empty if no POM in the repository says one. */
    Optional<String> of(Path jar) {
        Optional<Path> pom = pomBeside(jar);
        for (int i = 0; i < MOST_PARENTS && pom.isPresent(); i++) {
            Optional<Element> project = parsed(pom.get());
            Optional<String> name = project.flatMap(PublishedLicence::licence);
            if (name.isPresent()) {
                return name;
            }
            pom = project.flatMap(this::parent);
        }
        return Optional.empty();
    }

    /** {@code artifact/version/artifact-version.pom}, also for a JAR with a classifier. */
    private static Optional<Path> pomBeside(Path jar) {
        Path version = jar.getParent();
        if (version == null
                || version.getParent() == null
                || version.getParent().getFileName() == null) {
            return Optional.empty();
        }
        String name = version.getParent().getFileName() + "-" + version.getFileName() + ".pom";
        return Optional.of(version.resolve(name)).filter(Files::isRegularFile);
    }

    private static Optional<String> licence(Element project) {
        return child(project, "licenses")
                .flatMap(licences -> child(licences, "license"))
                .flatMap(licence -> text(licence, "name").or(() -> text(licence, "url")));
    }

    private Optional<Path> parent(Element project) {
        Optional<Element> parent = child(project, "parent");
        Optional<String> group = parent.flatMap(p -> text(p, "groupId"));
        Optional<String> artifact = parent.flatMap(p -> text(p, "artifactId"));
        Optional<String> version = parent.flatMap(p -> text(p, "version"));
        if (group.isEmpty() || artifact.isEmpty() || version.isEmpty()) {
            return Optional.empty();
        }
        Path pom = repository
                .resolve(group.get().replace('.', '/'))
                .resolve(artifact.get())
                .resolve(version.get())
                .resolve(artifact.get() + "-" + version.get() + ".pom")
                .normalize();
        return Optional.of(pom).filter(file -> file.startsWith(repository) && Files.isRegularFile(file));
    }

    /** Empty for a POM that is no proper XML: some old ones use entities that nobody declares. */
    private static Optional<Element> parsed(Path pom) {
        try (InputStream xml = Files.newInputStream(pom)) {
            DocumentBuilder parser = parser();
            parser.setErrorHandler(QUIET);
            return Optional.of(parser.parse(xml).getDocumentElement());
        } catch (IOException | SAXException e) {
            return Optional.empty();
        }
    }

    /** A file of unknown origin: it names no other file or address that is then read. */
    private static DocumentBuilder parser() {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder();
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("The JDK's XML parser does not know how to be careful", e);
        }
    }

    private static Optional<String> text(Element parent, String name) {
        return child(parent, name).map(Node::getTextContent).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static Optional<Element> child(Element parent, String name) {
        return children(parent).filter(node -> node.getNodeName().equals(name)).findFirst();
    }

    private static Stream<Element> children(Element parent) {
        return IntStream.range(0, parent.getChildNodes().getLength())
                .mapToObj(parent.getChildNodes()::item)
                .filter(Element.class::isInstance)
                .map(Element.class::cast);
    }
}

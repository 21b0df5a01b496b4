package judges;

import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.TreeSet;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Judges files for as long as lines come: "form FLAVOUR FILE" by veraPDF, "sign ROOT INSTANT FILE" by EU DSS, offline.
 * Each line is answered by one line of JSON.
 */
public final class Judges {
  public static void main(String[] arguments) throws IOException {
    VeraGreenfieldFoundryProvider.initialise();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] asked = line.split("\t");
      String answer;
      try {
        answer = asked[0].equals("form") ? form(asked[1], asked[2]) : sign(asked[1], asked[2], asked[3]);
      } catch (Exception fault) {
        answer = "{\"fault\": " + quoted(fault.toString()) + "}";
      }
      System.out.println(answer);
    }
  }

  private static String form(String flavour, String file) throws Exception {
    PDFAFlavour wanted = PDFAFlavour.fromString(flavour);
    try (FileInputStream bytes = new FileInputStream(file);
        PDFAParser parser = Foundries.defaultInstance().createParser(bytes, wanted);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(wanted, false)) {
      ValidationResult result = validator.validate(parser);
      TreeSet<String> failures = new TreeSet<>();
      for (TestAssertion one : result.getTestAssertions()) {
        if (one.getStatus() == TestAssertion.Status.FAILED) {
          failures.add(one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber() + " " + one.getMessage());
        }
      }
      return "{\"compliant\": " + result.isCompliant() + ", \"failures\": " + listed(failures) + "}";
    }
  }

  private static String sign(String root, String instant, String file) {
    CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
    trusted.addCertificate(DSSUtils.loadCertificate(new File(root)));
    CommonCertificateVerifier verifier = new CommonCertificateVerifier();
    verifier.setTrustedCertSources(trusted);
    SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
    validator.setCertificateVerifier(verifier);
    validator.setValidationTime(Date.from(Instant.parse(instant)));
    Reports reports = validator.validateDocument();
    SimpleReport simple = reports.getSimpleReport();
    List<String> signatures = new ArrayList<>();
    for (String id : simple.getSignatureIdList()) {
      TreeSet<String> told = new TreeSet<>();
      simple.getAdESValidationErrors(id).forEach(one -> told.add("error: " + one.getValue()));
      simple.getAdESValidationWarnings(id).forEach(one -> told.add("warning: " + one.getValue()));
      signatures.add("{\"field\": " + quoted(String.join(",", reports.getDiagnosticData().getSignatureById(id).getSignatureFieldNames()))
          + ", \"indication\": " + quoted(String.valueOf(simple.getIndication(id)))
          + ", \"sub\": " + quoted(String.valueOf(simple.getSubIndication(id)))
          + ", \"level\": " + quoted(String.valueOf(simple.getSignatureFormat(id)))
          + ", \"told\": " + listed(told) + "}");
    }
    List<String> stamps = new ArrayList<>();
    for (TimestampWrapper one : reports.getDiagnosticData().getTimestampList()) {
      stamps.add("{\"type\": " + quoted(String.valueOf(one.getType()))
          + ", \"indication\": " + quoted(String.valueOf(reports.getDetailedReport().getBasicTimestampValidationIndication(one.getId())))
          + ", \"sub\": " + quoted(String.valueOf(reports.getDetailedReport().getBasicTimestampValidationSubIndication(one.getId()))) + "}");
    }
    return "{\"signatures\": [" + String.join(", ", signatures) + "], \"stamps\": [" + String.join(", ", stamps) + "]}";
  }

  private static String listed(Iterable<String> texts) {
    List<String> out = new ArrayList<>();
    texts.forEach(one -> out.add(quoted(one)));
    return "[" + String.join(", ", out) + "]";
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char one : text.toCharArray()) {
      out.append(one == '"' || one == '\\' ? "\\" + one : one < ' ' ? String.format("\\u%04x", (int) one) : String.valueOf(one));
    }
    return out.append('"').toString();
  }

  private Judges() {}
}
